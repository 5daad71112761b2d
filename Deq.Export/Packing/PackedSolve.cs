using System.CommandLine;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>The solve that a packed model gets by default, as far as the user does not say.</summary>
internal sealed class PackedSolve
{
    /// <summary>The option with the residual that counts as converged; a task may have another default.</summary>
    public const string Tolerance = "--tolerance";

    private const double UsualTolerance = 1e-3;
    private const double SmallestTolerance = 1e-6;
    private const int Evaluations = 50;
    private const int LargestEvaluations = 1000;

    private readonly Option<string> _solver = new("--solver") { Description = "The method by default. Default anderson.", DefaultValueFactory = _ => "anderson" };
    private readonly Option<double> _tolerance = new(Tolerance)
    {
        Description = "The residual that counts as converged, in (0, 1). Default 0.001, or 0.03 where it counts pixels.",
        DefaultValueFactory = _ => UsualTolerance,
    };

    private readonly Option<int> _evaluations = new("--max-evaluations") { Description = "Evaluations by default. Default 50.", DefaultValueFactory = _ => Evaluations };

    private readonly Option<int?> _memory = new("--memory") { Description = "m of anderson, 1 to 32, or the rank of broyden, 1 to 64. Default: the method's own." };
    private readonly Option<double?> _damping = new("--damping") { Description = "How far a step of picard or anderson goes towards f(z), above 0 and at most 1. Default 1." };
    private readonly Option<double?> _ridge = new("--ridge") { Description = "On the diagonal of anderson's scaled system, at least 0 and below 1. Default: the method's own." };
    private readonly Option<double?> _absolute = new("--absolute-tolerance") { Description = "Added to the tolerance, in the state's own unit: converged where ‖f(z) − z‖ ≤ tolerance·‖f(z)‖ + it. Default 0." };
    private readonly Option<string?> _answer = new("--answer") { Description = "Which iterate is decoded where a solve does not converge: best (default) or final, as RAFT and DEQ-Flow report it." };

    /// <summary>Makes the options.</summary>
    public PackedSolve()
    {
        _solver.AcceptOnlyFromAmong([.. FixedPointMethods.Names]);
        _answer.AcceptOnlyFromAmong("best", "final");
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> Options => [_solver, _tolerance, _evaluations, _memory, _damping, _ridge, _absolute, _answer];

    /// <summary>What was given.</summary>
    public SolveDefaults Read(ParseResult given) => new()
    {
        Solver = given.GetRequiredValue(_solver),
        Tolerance = given.GetValue(_tolerance),
        MaxEvaluations = given.GetValue(_evaluations),
        EvaluationsLimit = Math.Max(LargestEvaluations, given.GetValue(_evaluations)),
        ToleranceLimit = Math.Min(SmallestTolerance, given.GetValue(_tolerance)),
        Memory = given.GetValue(_memory),
        Damping = given.GetValue(_damping),
        Ridge = given.GetValue(_ridge),
        AbsoluteTolerance = given.GetValue(_absolute) is { } absolute and not 0.0 ? absolute : null,
        Answer = given.GetValue(_answer),
    };
}
