namespace Deq.Runtime.Implicit;

/// <summary>Where the parts of a joint state [z, μ, x] lie in one row.</summary>
/// <param name="State">D, numbers of z and of μ.</param>
/// <param name="Input">Numbers of x.</param>
public readonly record struct JointLayout(int State, int Input)
{
    /// <summary>Numbers in a row.</summary>
    public int Width => checked((2 * State) + Input);

    /// <summary>z, the state.</summary>
    public Span<float> StateOf(Span<float> row) => row[..State];

    /// <summary>μ, the multiplier of z = f(z, x).</summary>
    public Span<float> MultiplierOf(Span<float> row) => row.Slice(State, State);

    /// <summary>x, the input.</summary>
    public Span<float> InputOf(Span<float> row) => row[(2 * State)..];
}
