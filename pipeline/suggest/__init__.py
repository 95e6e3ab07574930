"""A recipe that suits a user's file of pairs."""
