/* Makes the disk fail for a process that loads it first (LD_PRELOAD): below FAULT_BELOW every call that writes
   fails with the error FAULT_ERROR, after FAULT_AFTER that did not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

static int below(const char *path) {
  const char *top = getenv("FAULT_BELOW");
  return top && path && strncmp(path, top, strlen(top)) == 0;
}

static int resolved(int folder, const char *path, char *out) {
  char link[64];
  ssize_t length;
  if (path && path[0] == '/') {
    snprintf(out, PATH_MAX, "%s", path);
    return 1;
  }
  if (folder == AT_FDCWD) {
    if (!getcwd(out, PATH_MAX)) return 0;
    length = strlen(out);
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    length = readlink(link, out, PATH_MAX - 1);
    if (length < 0) return 0;
    out[length] = 0;
  }
  if (path) snprintf(out + length, PATH_MAX - length, "/%s", path);
  return 1;
}

static int fails(int folder, const char *path) {
  char whole[PATH_MAX * 2];
  if (!resolved(folder, path, whole) || !below(whole)) return 0;
  if (__sync_fetch_and_add(&calls, 1) < atoi(getenv("FAULT_AFTER"))) return 0;
  errno = atoi(getenv("FAULT_ERROR"));
  return 1;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define WRITES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT))

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    va_list more; va_start(more, flags);                                  \
    mode_t mode = va_arg(more, mode_t); va_end(more);                     \
    REAL(name);                                                           \
    if (WRITES(flags) && fails(AT_FDCWD, path)) return -1;                \
    return real(path, flags, mode);                                       \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                      \
  int name(int folder, const char *path, int flags, ...) {                \
    va_list more; va_start(more, flags);                                  \
    mode_t mode = va_arg(more, mode_t); va_end(more);                     \
    REAL(name);                                                           \
    if (WRITES(flags) && fails(folder, path)) return -1;                  \
    return real(folder, path, flags, mode);                               \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int file, const void *from, size_t size) {
  REAL(write);
  return file > 2 && fails(file, NULL) ? -1 : real(file, from, size);
}
ssize_t pwrite(int file, const void *from, size_t size, off_t at) {
  REAL(pwrite);
  return fails(file, NULL) ? -1 : real(file, from, size, at);
}
ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) {
  REAL(pwrite64);
  return fails(file, NULL) ? -1 : real(file, from, size, at);
}
int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return fails(AT_FDCWD, path) ? -1 : real(path, mode);
}
int rename(const char *from, const char *to) {
  REAL(rename);
  return fails(AT_FDCWD, to) ? -1 : real(from, to);
}
int chmod(const char *path, mode_t mode) {
  REAL(chmod);
  return fails(AT_FDCWD, path) ? -1 : real(path, mode);
}
