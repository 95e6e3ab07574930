"""From a trained model to SavedModel, TFLite and a verified bundle. TensorFlow lives here."""
