"""Serves bundles over HTTP with FastAPI and uvicorn, from the extra `serve`. Nothing else in `device` imports this."""
