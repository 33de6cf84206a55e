"""What does the analyst see? One page a file: select, query, chart."""
