"""The benchmark: fastloss beside the memory limit of the machine and every peer installed.

Run from the checkout as ``python -m bench``; it is not part of the installed package.
"""
