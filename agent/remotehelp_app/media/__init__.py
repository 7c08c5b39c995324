"""The picture and the data channels."""
