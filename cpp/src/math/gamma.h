// The logarithm of the gamma function and its derivatives psi (digamma) and psi' (trigamma), for x >= 0; at 0 there is
// a pole, below 0 they answer NaN. Small x are brought into an interval of length 1, where a polynomial keeps the zeros
// at 1, 2 and 1.4616 exact; large ones take Stirling's series, as a minimax polynomial in 1 / x^2.
#pragma once
#include "math/log.h"
#include "math/pair.h"
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// log gamma(2 + u) / u for |u| <= 1/2: 2^-31.6 and 2^-59.3
FASTLOSS_INLINE double lgamma_slope(double u, float) {
  return horner(u, 0x1.b0ee607074eb7p-2, 0x1.4a34cc5c725f8p-2, -0x1.13dffc7eb0e0dp-4, 0x1.5131e78d6540bp-6,
                -0x1.e40f5558ac9e3p-8, 0x1.7b00e7e6494f5p-9, -0x1.36e025cd7d2f4p-10, 0x1.07670957dce0cp-11,
                -0x1.0a13550abe56ep-12, 0x1.faa08da267002p-14);
}
FASTLOSS_INLINE Pair<double> lgamma_slope(double u, double) {
  const double bend =
      split_horner(u, -0x1.13e001a557614p-4, 0x1.51322ac7d7fd9p-6, -0x1.e404fc218993ap-8, 0x1.7add6eae5ace2p-9,
                   -0x1.38ac5c2fe9bdcp-10, 0x1.0b36af3471256p-11, -0x1.d3fd49b967d12p-13, 0x1.a127dd033716ep-14,
                   -0x1.78dee815237a7p-15, 0x1.5806db3fa82efp-16, -0x1.3cab8f3dfbcdbp-17, 0x1.264064b4f927bp-18,
                   -0x1.12f82a857ce5bp-19, 0x1.edf7c176549cep-21, -0x1.c57ccfab7ef3cp-22, 0x1.2b42e6e8abe08p-22,
                   -0x1.2f50bf49a14b1p-23);
  const Pair<double> c1(0x1.4a34cc4a60fa7p-2, -0x1.a9261c0c4f618p-56), c0(0x1.b0ee6072093cep-2, 0x1.847d8e1222fep-58);
  return (two_prod(u, bend) + c1) * u + c0;
}
// The rest of Stirling's series times x, for z = 1 / x^2 and x >= 2.5: 2^-32 and 2^-57.8 of log gamma
FASTLOSS_INLINE double stirling(double z, float) {
  return horner(z, 0x1.55554bc7d8a67p-4, -0x1.6bdc4786ee2d7p-9, 0x1.908649bea549dp-11, -0x1.815f6ef857128p-12);
}
FASTLOSS_INLINE double stirling(double z, double) {
  return horner(z, 0x1.5555555555347p-4, -0x1.6c16c16646404p-9, 0x1.a019f589146c7p-11, -0x1.381035fc568d5p-11,
                0x1.b8c550a1f3929p-11, -0x1.eed4ce16f7b68p-10, 0x1.7c4d968b29781p-8, -0x1.4c3677b08f795p-6,
                0x1.0e864d22bc56dp-4, -0x1.586bf41620e84p-3, 0x1.1e3a89131dd09p-2, -0x1.c391749fda78bp-3);
}

FASTLOSS_INLINE double spare_log(double x) { return wide_log(x); }
FASTLOSS_INLINE Pair<double> spare_log(Pair<double> x) { return log_pair(x); }
// hi + lo, where hi may be infinite
FASTLOSS_INLINE double rounded(double x) { return x; }
FASTLOSS_INLINE double rounded(Pair<double> x) { return abs(x.hi) < Format<double>::inf ? x.hi + x.lo : x.hi; }
// What the three functions answer: `y` for x > 0.
FASTLOSS_INLINE double from_pole(double x, double pole, double y) {
  return x > 0 ? y : (x == 0 ? pole : Format<double>::nan);
}

// log gamma x = u slope(u) - log of (x (x + 1), x or 1) below 2.5, (x - 1/2) (log x - 1) + (log(2 pi) - 1) / 2 + the
// rest from there on.
template <class T>
FASTLOSS_INLINE T lgamma(T t) {
  using N = Fine<T>;
  const double x = t, r = 1 / x, u = x < 0.5 ? x : x - (x < 1.5 ? 1. : 2.);
  const bool small = x < 2.5;
  const N low = choose(x < 0.5, N(x) * N(x) + N(x), N(x < 1.5 ? x : 1.));
  const N log = spare_log(choose(small, low, N(x))), factor = N(small ? -1 : x - 0.5);
  const N large = constant<N>(0x1.acfe390c97d69p-2, 0x1.3494bc9001442p-56) + N(r * stirling(r * r, t));
  const N y = factor * choose(small, log, log + N(-1)) + choose(small, lgamma_slope(u, t) * u, large);
  return T(from_pole(x, Format<double>::inf, rounded(y)));
}

FASTLOSS_INLINE double spare_log1p(double y, float) { return wide_log1p(y); }
FASTLOSS_INLINE Pair<double> spare_log1p(double y, double) {
  const Pair<double> x = two_sum(1., y);
  return log_pair(Pair<double>(x.hi, y < 0x1p100 ? x.lo : 0));
}
FASTLOSS_INLINE double spare_sum(double x, double y, float) { return x + y; }
FASTLOSS_INLINE Pair<double> spare_sum(double x, double y, double) { return two_sum(x, y); }

// log gamma(1 + y) times `times`, a power of two, for y >= 0; right to the last digits near 0, too.
template <class T>
FASTLOSS_INLINE T lgamma1p(T t, T times) {
  using N = Fine<T>;
  const double y = t, r = 1 / (1 + y), u = y < 0.5 ? y : y - 1;
  const bool small = y < 1.5;
  const N log = spare_log1p(y, t), low = choose(y < 0.5, log, N(0));
  const N large = constant<N>(0x1.acfe390c97d69p-2, 0x1.3494bc9001442p-56) + N(r * stirling(r * r, t));
  const N high = (log + N(-1)) * (spare_sum(y, 0.5, t) * double(times)) + large * double(times);
  const double x = rounded(choose(small, (lgamma_slope(u, t) * u - low) * double(times), high));
  return T(y >= 0 ? x : Format<double>::nan);
}

// psi(z + v) / v for the zero z of psi and z + v in [1, 2]: 2^-30.3 and 2^-58.3
FASTLOSS_INLINE double digamma_slope(double v, float) {
  return horner(v, 0x1.ef72bc8b33876p-1, -0x1.c563b6132424p-2, 0x1.08b4311c0747p-2, -0x1.4fc0a508691acp-3,
                0x1.b99f86bdc3902p-4, -0x1.27d542e07bcb2p-4, 0x1.90ba1a82c5f57p-5, -0x1.0dbf24cc1fee9p-5,
                0x1.623edd649e662p-6, -0x1.092dfb8af903ap-6, 0x1.d688af889a757p-7, -0x1.e6f2dc7b553c5p-8);
}
FASTLOSS_INLINE Pair<double> digamma_slope(Pair<double> v, double) {
  const double bend = horner(
      v.hi, -0x1.c563b54aa1a35p-2, 0x1.08b4294d50355p-2, -0x1.4fc1317257ea8p-3, 0x1.b9a5b63716c11p-4,
      -0x1.27baba2613af4p-4, 0x1.8fce02ae29ebep-5, -0x1.0fa7ec382a97fp-5, 0x1.723d69281a50bp-6, -0x1.f97050e9d7c9dp-7,
      0x1.59559c2bb72c2p-7, -0x1.d827d474ea2d7p-8, 0x1.42e65305cb603p-8, -0x1.b9b7d55878f48p-9, 0x1.2dd7c803fb0b9p-9,
      -0x1.9cb57114a388dp-10, 0x1.1dcb94e0a4dd1p-10, -0x1.8b7f22bbaa3b7p-11, 0x1.ee376832d8eecp-12,
      -0x1.2b5b5d699bf35p-12, 0x1.2760771d95d49p-12, -0x1.22f2f98bba38ep-12, 0x1.ed726a9bd80eep-14);
  return v * bend + Pair<double>(0x1.ef72bc8ee38acp-1, -0x1.22d0e5a21555ap-55);
}
// (log x - 1 / (2x) - psi x) x^2 for z = 1 / x^2 and x >= 2: 2^-31 and 2^-57.6 of psi
FASTLOSS_INLINE double digamma_rest(double z, float) {
  return horner(z, 0x1.5555331583ac1p-4, -0x1.10d9caa132933p-7, 0x1.f84a0bd0445bep-9, -0x1.9380a34708132p-9,
                0x1.f753562de3f16p-10);
}
FASTLOSS_INLINE double digamma_rest(double z, double) {
  return split_horner(z, 0x1.5555555555113p-4, -0x1.1111110d4fde4p-7, 0x1.04103c479b1e5p-8, -0x1.110f82aa30a74p-8,
                      0x1.f02b85819cd96p-8, -0x1.56d1024634cf2p-6, 0x1.43a400d60351cp-4, -0x1.6edb0819e9b43p-2,
                      0x1.b0b0814d8f4abp0, -0x1.d6783827559c3p2, 0x1.b07fa7bec011cp4, -0x1.3b73ebdde440bp6,
                      0x1.5887a7aaf87bfp7, -0x1.0631c718c67b8p8, 0x1.ed45aa574ad61p7, -0x1.ae5ad9aa59261p6);
}

FASTLOSS_INLINE double spare_reciprocal(double x, float) { return 1 / x; }
FASTLOSS_INLINE Pair<double> spare_reciprocal(double x, double) {
  const double y = 1 / x;
  return {y, y * fma(-x, y, 1.)};
}

// psi x = v slope(v) below 2, less 1 / x where that was psi(x + 1); log x - 1 / (2x) - rest / x^2 from there on.
template <class T>
FASTLOSS_INLINE T digamma(T t) {
  using N = Fine<T>;
  const double x = t;
  const bool small = x < 2, shifted = x < 1;
  const N zero = choose(shifted, constant<N>(0x1.d8b618d5af8fep-2, -0x1.1e563779a1f5bp-56),
                        constant<N>(0x1.762d86356be3fp0, 0x1.b86a722197829p-54));
  const N v = N(x) - zero, r = spare_reciprocal(x, t);
  const double r1 = 1 / x, z = r1 * r1;
  const N low = digamma_slope(v, t) * v - choose(shifted, r, N(0));
  const N high = spare_log(N(x)) - (r * 0.5 + N(z * digamma_rest(z, t)));
  const double y = rounded(choose(small, low, high));
  const double with_ends = x < 0x1p-60 ? -r1 : (x < Format<double>::inf ? y : x);
  return T(from_pole(x, -Format<double>::inf, with_ends));
}

// psi'(1.5 + v) for |v| <= 1/2: 2^-31.5 and 2^-56.2
FASTLOSS_INLINE double trigamma_middle(double v, float) {
  return horner(v, 0x1.de9e64e15e949p-1, -0x1.a8580896a1d86p-1, 0x1.68ba2d5202be3p-1, -0x1.2878298f174e5p-1,
                0x1.da2f41532852bp-2, -0x1.72d6c8d4f7538p-2, 0x1.1c992c9112c4cp-2, -0x1.aeacad2bafaa2p-3,
                0x1.452e53845ee7ap-3, -0x1.dde0c1a919746p-4, 0x1.33cee27b68c27p-4, -0x1.d06c6e3b10498p-5,
                0x1.22d0ef3b0f0e1p-4, -0x1.8c447640bfe1cp-5);
}
FASTLOSS_INLINE Pair<double> trigamma_middle(double v, double) {
  const double slope = split_horner(
      v, -0x1.a85808a40aba3p-1, 0x1.68ba30a4209c3p-1, -0x1.287825428e638p-1, 0x1.da2d963cf5a8bp-2, -0x1.72d7487c3f2dp-2,
      0x1.1cc1377e37ac7p-2, -0x1.aeb6f152267f9p-3, 0x1.41a51b21fcf0cp-3, -0x1.db4d859fa36dfp-4, 0x1.5c0860e2d62d5p-4,
      -0x1.f9c6ee2595c52p-5, 0x1.6d12ce0822de8p-5, -0x1.06076102c775ep-5, 0x1.768eaadb824e6p-6, -0x1.0a361224be7f3p-6,
      0x1.7545f46aad206p-7, -0x1.08782121ec773p-7, 0x1.9466301486ec9p-8, -0x1.162e562e6ef08p-8, 0x1.b424cb657322cp-10,
      -0x1.54a26de8b58p-10, 0x1.7caf7ee11b7f8p-9, -0x1.f87bea0c0fc24p-10);
  return two_prod(v, slope) + Pair<double>(0x1.de9e64df22ef3p-1, -0x1.0ec5526f10652p-55);
}
// (psi' x - 1 / x - 1 / (2 x^2)) x^3 for z = 1 / x^2 and x >= 2: 2^-33.9 and 2^-56.8 of psi'
FASTLOSS_INLINE double trigamma_rest(double z, float) {
  return horner(z, 0x1.5555527cfd643p-3, -0x1.110bcd73555eep-5, 0x1.8472fa66bf5c5p-6, -0x1.00d4da1f459a9p-5,
                0x1.b0c9c938f1db3p-5, -0x1.33139e07dd59cp-4, 0x1.c4a570c0f84acp-5);
}
FASTLOSS_INLINE double trigamma_rest(double z, double) {
  return split_horner(z, 0x1.5555555555378p-3, -0x1.1111110fcf152p-5, 0x1.86185f39605b1p-6, -0x1.111088cbf2ce5p-5,
                      0x1.363a7d7ff51bcp-4, -0x1.024a981663279p-2, 0x1.22e52635243cdp0, -0x1.9299f0023da97p2,
                      0x1.2fe37c6884015p5, -0x1.be4d21cf86d38p7, 0x1.2476a598070bfp10, -0x1.4279ac67db5eep12,
                      0x1.1e88d2a5aa7efp14, -0x1.8acc99c0516a4p15, 0x1.934cef0c5f002p16, -0x1.1e37a12d0806fp17,
                      0x1.f66847c2c68a5p16, -0x1.99e5ab5fa94a2p15);
}

// psi' x, below 1 as psi'(x + 1) + 1 / x^2
template <class T>
FASTLOSS_INLINE T trigamma(T t) {
  using N = Fine<T>;
  const double x = t, r1 = 1 / x, z = r1 * r1;
  const N r = spare_reciprocal(x, t);
  const N low = trigamma_middle(x - (x < 1 ? 0.5 : 1.5), t) + choose(x < 1, r * r, N(0));
  const N high = r + N(z * fma(r1, trigamma_rest(z, t), 0.5));
  const double y = rounded(choose(x < 2, low, high));
  return T(from_pole(x, Format<double>::inf, x < Format<double>::inf ? y : 0));
}

}  // namespace fastloss::FASTLOSS_ISA
