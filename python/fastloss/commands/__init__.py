"""What ``python -m fastloss`` does, one module per command."""
