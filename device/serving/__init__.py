"""Answers over HTTP with FastAPI and uvicorn, which the extra `serve` installs. Nothing else in `device` imports it."""
