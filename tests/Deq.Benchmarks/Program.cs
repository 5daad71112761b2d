using Deq.Benchmarks;

return args switch
{
    ["methods", .. string[] options] => MethodCounts.Run(options),
    ["bilevel", .. string[] options] => BilevelSearches.Run(options),
    ["gradients", .. string[] options] => GradientComparison.Run(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: dotnet run --project tests/Deq.Benchmarks -c Release -- methods [--json file]");
    return 2;
}
