/* cmocka_all - cmocka.h wants these in front of it. */
#ifndef LS_TESTS_SUPPORT_CMOCKA_ALL_H
#define LS_TESTS_SUPPORT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
