"""What turns a source into features, the same in training and on the device."""
