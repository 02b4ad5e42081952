// FASTLOSS_API marks what the shared library exports. Valid C, too.
#pragma once

#if !defined(FASTLOSS_SHARED)
#define FASTLOSS_API
#elif defined(_WIN32)
#ifdef FASTLOSS_BUILDING
#define FASTLOSS_API __declspec(dllexport)
#else
#define FASTLOSS_API __declspec(dllimport)
#endif
#else
#define FASTLOSS_API __attribute__((visibility("default")))
#endif
