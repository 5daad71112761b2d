namespace Deq.Testing.Bundles;

/// <summary>Which tiny model to make.</summary>
public sealed record TinyBundleOptions
{
    /// <summary>The model's name.</summary>
    public string Name { get; init; } = "tiny";

    /// <summary>The model's own version.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>From which its weights are drawn.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>ρ, the spectral norm of A. Below 1 the fixed point exists and is unique; close to 1, Picard and the others converge slowly.</summary>
    public double SpectralNorm { get; init; } = 0.5;

    /// <summary>Whether f(z, x) = A·z + x rather than tanh(A·z + x). With a large <see cref="SpectralNorm"/> Picard's iterates overflow.</summary>
    public bool IsLinear { get; init; }

    /// <summary>Images whose mean value is above this give NaN at every evaluation; null makes none do so. 0.5 parts dark from bright.</summary>
    public double? FailsAboveMean { get; init; }

    /// <summary>Passes over 1 Mi numbers added to each evaluation of a row, 3 to 5 ms of a core each; 0 adds none.</summary>
    public int ExtraWork { get; init; }

    /// <summary>Whether the bundle carries the vector–Jacobian product.</summary>
    public bool HasVectorJacobian { get; init; }

    /// <summary>Whether the bundle carries the graphs of joint inference.</summary>
    public bool HasJointGraphs { get; init; }

    /// <summary>The method callers get who ask for none.</summary>
    public string Solver { get; init; } = "anderson";

    /// <summary>The tolerance callers get who ask for none.</summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>The absolute tolerance; null is none.</summary>
    public double? AbsoluteTolerance { get; init; }

    /// <summary>The evaluations callers get who ask for none.</summary>
    public int MaxEvaluations { get; init; } = 30;

    /// <summary>The most evaluations a caller may ask for.</summary>
    public int EvaluationsLimit { get; init; } = 1000;
}
