"""The site that people browse: pages made of episodes, patch documents, run records and documentation."""
