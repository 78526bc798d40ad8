"""What a model is sent: the dossier first, the persona and the task last, every word of the repository quoted."""
