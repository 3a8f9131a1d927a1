import pandas as pd
import streamlit as st

import store

st.set_page_config(page_title="Notes")
st.title("Notes")
with st.form("new"):
    text = st.text_input("Text")
    file = st.file_uploader("File")
    if st.form_submit_button("Keep") and text and file:
        store.add(text, file.name, file.getvalue())
st.dataframe(pd.DataFrame({"note": store.notes()}))
