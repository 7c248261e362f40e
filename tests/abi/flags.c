double mix(double left, double right)
{
	return left * right + 1.0;
}

int triple(int value)
{
	return value * 3;
}

#ifdef VECTOR
typedef int four __attribute__((vector_size(16)));

four sum(four left, four right)
{
	return left + right;
}
#endif
