#include <stdio.h>

int main(void)
{
    puts("built in a sandbox");
    return 0;
}
