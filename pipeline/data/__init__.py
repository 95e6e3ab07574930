"""Files of pairs to prepared datasets and batches."""
