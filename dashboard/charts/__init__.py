"""What does a frame look like? One chart a file; nothing here computes and nothing knows Streamlit."""
