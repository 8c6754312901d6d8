// Which lock guards what, in words that clang proves (-Wthread-safety, part of ./dev check) and g++ ignores.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
//
//   GUARDED_BY(mutex_)   a member that is only read and written while mutex_ is held
//   REQUIRES(mutex_)     a function, or a lambda, whose caller holds mutex_
//   EXCLUDES(mutex_)     a function that takes mutex_ itself: whoever holds it would wait for ever
#pragma once

#if defined(__clang__)
#define KATA_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define KATA_THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(name) KATA_THREAD_ATTRIBUTE(capability(name))
#define SCOPED_CAPABILITY KATA_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(mutex) KATA_THREAD_ATTRIBUTE(guarded_by(mutex))
#define PT_GUARDED_BY(mutex) KATA_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
#define ACQUIRED_BEFORE(...) KATA_THREAD_ATTRIBUTE(acquired_before(__VA_ARGS__))
#define REQUIRES(...) KATA_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) KATA_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) KATA_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) KATA_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define RETURN_CAPABILITY(mutex) KATA_THREAD_ATTRIBUTE(lock_returned(mutex))
#define NO_THREAD_SAFETY_ANALYSIS KATA_THREAD_ATTRIBUTE(no_thread_safety_analysis)
