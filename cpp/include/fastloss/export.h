/* FASTLOSS_API marks what libfastloss.so shows; a host of the static library sees nothing of it. For C and C++. */
#ifndef FASTLOSS_EXPORT_H
#define FASTLOSS_EXPORT_H

#if !defined(FASTLOSS_SHARED)
#define FASTLOSS_API
#elif !defined(_WIN32)
#define FASTLOSS_API __attribute__((visibility("default")))
#elif defined(FASTLOSS_BUILDING)
#define FASTLOSS_API __declspec(dllexport)
#else
#define FASTLOSS_API __declspec(dllimport)
#endif

#endif
