#include <stdint.h>
#include <stdio.h>
#include "vendor.h"

extern int price_of_old(int pieces);
__asm__(".symver price_of_old, vendor_price@VENDOR_1");

/* In .rodata of a program at a fixed address: the linker has to place the data in the program, by COPY relocations. */
static const struct { const char *what; const void *address; } shared[] = {
    {"level", &vendor_gauge}, {"greeting", &vendor_greeting}, {"slots", vendor_slots}, {"grid", vendor_grid},
    {"primes", vendor_primes}, {"motto", vendor_motto}, {"names", vendor_names}, {"pointer", &vendor_pointer},
};

static void tell(const char *what, int at, int mine)
{
    printf("%s[%d]: program %d, library %d\n", what, at, mine, vendor_read(what, at));
}

static void tell_all(void)
{
    tell("level", 0, vendor_gauge);
    tell("greeting", 4, vendor_greeting[4]);
    tell("slots", 0, vendor_slots[0]);
    tell("slots", 63, vendor_slots[63]);
    tell("grid", 15, vendor_grid[15]);
    tell("primes", 4, vendor_primes[4]);
    tell("motto", 30, vendor_motto[30]);
    tell("names", 2, vendor_names[2][0]);
    tell("pointer", 0, *vendor_pointer == vendor_gauge);
    tell("errors", 0, vendor_errors);
    tell("scratch", 0, vendor_scratch);
    for (unsigned row = 0; row < sizeof shared / sizeof *shared; row++)
        if (shared[row].address != vendor_address(shared[row].what))
            printf("%s: program and library look at two places\n", shared[row].what);
    if (&vendor_errors != vendor_address("errors") || &vendor_scratch != vendor_address("scratch"))
        puts("two places for one thread");
    if ((uintptr_t)vendor_grid % 64)
        puts("grid lost its alignment");
}

int main(void)
{
    tell_all();
    vendor_gauge += 100;
    vendor_greeting = "Hallu";
    for (int at = 0; at < 64; at++)
        vendor_slots[at] += at;
    vendor_grid[15] = 15;
    vendor_errors = 50;
    printf("calls %d\n", vendor_add(1));
    tell_all();
    printf("prices %d %d\n", vendor_price(12), price_of_old(12));
    printf("%s, %s\n", vendor_motto, vendor_names[2]);
    return 0;
}
