"""Which parts of the screen are our own? Thin wrappers of what Streamlit itself does not draw."""
