/* What the vendor's header gives: of each kind of data one that the program shares with the library. */
extern int vendor_level;                      /* .data */
extern int vendor_gauge;                      /* the same word by its other, weak name */
extern const char *vendor_greeting;           /* .data, with a relocation */
extern int vendor_slots[64];                  /* .bss */
extern int vendor_grid[16];                   /* .bss, aligned to 64 */
extern const int vendor_primes[5];            /* .rodata */
extern const char vendor_motto[];             /* .rodata */
extern const char *const vendor_names[3];     /* .data.rel.ro */
extern int *const vendor_pointer;             /* .data.rel.ro */
extern __thread int vendor_errors;            /* .tdata */
extern __thread int vendor_scratch;           /* .tbss */

int vendor_add(int amount);
int vendor_price(int pieces);                 /* VENDOR_2; that of VENDOR_1 is hidden */
int vendor_read(const char *what, int at);    /* what the library itself sees */
const void *vendor_address(const char *what);
