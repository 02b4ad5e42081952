// The one place of the version: CMake and pyproject.toml read it from here.
#pragma once
#define FASTLOSS_VERSION_MAJOR 0
#define FASTLOSS_VERSION_MINOR 1
#define FASTLOSS_VERSION_PATCH 0
