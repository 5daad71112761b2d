using Deq.Runtime.FixedPoints;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

/// <summary>Rows of theories: every method of the catalogue, on named problems.</summary>
internal static class MethodCatalogue
{
    public static TheoryData<string> Methods { get; } = [.. FixedPointMethods.Names];

    public static MatrixTheoryData<string, string> MethodsOnSolvableProblems { get; } =
        new(FixedPointMethods.Names, NamedProblems.Solvable.Select(problem => problem.Name));

    public static IFixedPointMethod Method(string name) => FixedPointMethods.Find(name)!;

    public static RowGrant Grant(double tolerance = 1e-4, int evaluations = 2000) =>
        new() { Tolerance = new Tolerance { Relative = tolerance }, Budget = new Budget { Evaluations = evaluations } };
}
