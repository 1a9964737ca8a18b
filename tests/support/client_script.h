/* client_script - walk a sync client through a text, and compare what comes out with the text.
 *
 * A line that is not indented is something that happens; indented lines are what the client does about it, with the
 * time. "#" begins a comment. A new test is written without the indented lines; CLIENT_SCRIPTS_WRITE=1 fills them in, and
 * rewrites those of all others: look at the difference before it is kept.
 *
 *   options [http] [once] [NAME=NUMBER]…  the first line: makes the client
 *   log eN BACKEND              upstream has accepted so much, from this backend
 *   payload [JSON]              what the application gives from now on
 *   commit N [BYTES]            N events become pending
 *   commit-in-merge N           the same from inside the next merge
 *   start, stop, opened, closed [CODE]
 *   wait MS                     turn the clock, ticking when the client asks for it
 *   next                        turn it to when the client asks for a tick, and tick
 *   sleep MS                    turn the clock without ticking
 *   fail SLOT CODE              the next call of this function of the host fails
 *   answer WHAT [; WHAT]…       a frame comes; more than one WHAT is an array. WHAT is one of
 *     chunk [eA…eB] [mine] [more N | more-unknown] [after eP] [from BACKEND] [id N] [numbers]
 *     taken | ended | pong [EVENTS BYTES] | ping-pong
 *     ahead MINIMUM PROVIDED | mismatch EXPECTED RECEIVED | unknown | refused [eN] | died | interrupted
 *                               each of the push, or with "pull" behind it of the pull; "numbers": the newer dialect
 *     defect | json TEXT */
#ifndef LS_TESTS_SUPPORT_CLIENT_SCRIPT_H
#define LS_TESTS_SUPPORT_CLIENT_SCRIPT_H

/* Run the script of this name, tests/data/client/NAME.txt. Fails the test where it differs. */
void client_script_run(const char *name);

#endif
