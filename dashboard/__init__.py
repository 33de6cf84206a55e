"""The analyst's window on a history: a Streamlit app over `alpha_model`'s public names."""
