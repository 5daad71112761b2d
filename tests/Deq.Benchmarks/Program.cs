using Deq.Benchmarks;

return args switch
{
    ["methods", .. string[] options] => MethodCounts.Run(options),
    ["device", .. string[] options] => DeviceStates.Run(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: dotnet run --project tests/Deq.Benchmarks -c Release -- methods|device [--json file]");
    return 2;
}
