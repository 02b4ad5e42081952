// The one place of the version: CMake and pyproject.toml read it from here.
#pragma once
#define FASTLOSS_VERSION_MAJOR 0
#define FASTLOSS_VERSION_MINOR 1
#define FASTLOSS_VERSION_PATCH 0

#define FASTLOSS_TEXT_(x) #x
#define FASTLOSS_TEXT(x) FASTLOSS_TEXT_(x)
#define FASTLOSS_RELEASE                \
  FASTLOSS_TEXT(FASTLOSS_VERSION_MAJOR) \
  "." FASTLOSS_TEXT(FASTLOSS_VERSION_MINOR) "." FASTLOSS_TEXT(FASTLOSS_VERSION_PATCH)
