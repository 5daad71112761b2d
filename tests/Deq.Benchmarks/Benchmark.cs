namespace Deq.Benchmarks;

/// <summary>One benchmark of the catalogue in <c>Program.cs</c>.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Summary">What it measures, in one line.</param>
/// <param name="Run">Receives the arguments after the name; returns the exit code.</param>
internal sealed record Benchmark(string Name, string Summary, Func<string[], int> Run);
