#include <string.h>
#include "vendor.h"

int vendor_level = 7;
extern int vendor_gauge __attribute__((weak, alias("vendor_level")));
const char *vendor_greeting = "Jello";
int vendor_slots[64];
int vendor_grid[16] __attribute__((aligned(64)));
const int vendor_primes[5] = {2, 3, 5, 7, 11};
const char vendor_motto[] = "built to last, by whom nobody knows";
const char *const vendor_names[3] = {"anna", "bert", "carla"};
int *const vendor_pointer = &vendor_level;
__thread int vendor_errors = 3;
__thread int vendor_scratch;
static __thread int calls __attribute__((tls_model("initial-exec"))) = 40;

__attribute__((constructor)) static void begin(void)
{
    vendor_slots[0] = 1000;
}

int vendor_add(int amount)
{
    calls += 1;
    vendor_level += amount;
    vendor_errors += 1;
    vendor_scratch += vendor_primes[1];
    return calls;
}

__attribute__((symver("vendor_price@VENDOR_1"))) int price_by_piece(int pieces)
{
    return 10 * pieces;
}

__attribute__((symver("vendor_price@@VENDOR_2"))) int price_by_dozen(int pieces)
{
    return 9 * pieces;
}

int vendor_read(const char *what, int at)
{
    if (!strcmp(what, "level"))
        return vendor_level;
    if (!strcmp(what, "greeting"))
        return vendor_greeting[at];
    if (!strcmp(what, "slots"))
        return vendor_slots[at];
    if (!strcmp(what, "grid"))
        return vendor_grid[at];
    if (!strcmp(what, "primes"))
        return vendor_primes[at];
    if (!strcmp(what, "motto"))
        return vendor_motto[at];
    if (!strcmp(what, "names"))
        return vendor_names[at][0];
    if (!strcmp(what, "pointer"))
        return vendor_pointer == &vendor_level;
    if (!strcmp(what, "errors"))
        return vendor_errors;
    return vendor_scratch;
}

const void *vendor_address(const char *what)
{
    const struct { const char *name; const void *address; } table[] = {
        {"level", &vendor_level}, {"greeting", &vendor_greeting}, {"slots", vendor_slots}, {"grid", vendor_grid},
        {"primes", vendor_primes}, {"motto", vendor_motto}, {"names", vendor_names}, {"pointer", &vendor_pointer},
        {"errors", &vendor_errors}, {"scratch", &vendor_scratch}, {"add", vendor_add},
    };
    for (unsigned row = 0; row < sizeof table / sizeof *table; row++)
        if (!strcmp(what, table[row].name))
            return table[row].address;
    return 0;
}
