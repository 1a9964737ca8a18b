/* setjmp - wasi-libc has none; cmocka.h here needs none, but programs include it in front. */
