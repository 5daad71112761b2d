namespace Deq.Export.Graphs;

/// <summary>How training starts a weight: all zeros, all ones, given numbers, or drawn from a normal distribution around 0.</summary>
internal sealed record WeightStart
{
    private readonly Kind _kind;
    private readonly double _deviation;
    private readonly IReadOnlyList<float> _given = [];

    private WeightStart(Kind kind, double deviation = 0)
    {
        _kind = kind;
        _deviation = deviation;
    }

    private WeightStart(Kind kind, IReadOnlyList<float> given)
        : this(kind) => _given = given;

    private enum Kind
    {
        Zeros,
        Ones,
        Given,
        Normal,
        FanIn,
    }

    /// <summary>All 0: biases and shifts.</summary>
    public static WeightStart Zeros { get; } = new(Kind.Zeros);

    /// <summary>All 1: scales.</summary>
    public static WeightStart Ones { get; } = new(Kind.Ones);

    /// <summary>Normal with deviation √(2/fan-in), which keeps the variance of a layer followed by ReLU.</summary>
    /// <remarks>
    /// Fan-in is the product of all extents but the first for convolutions <c>[out, in/groups, height, width]</c>, and the first extent for
    /// matrices <c>[in, out]</c>. Source: He et al., "Delving deep into rectifiers", ICCV 2015, eq. 10.
    /// </remarks>
    public static WeightStart FanIn { get; } = new(Kind.FanIn);

    /// <summary>Normal with mean 0.</summary>
    /// <param name="deviation">Standard deviation, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static WeightStart Normal(double deviation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deviation);
        return new WeightStart(Kind.Normal, deviation);
    }

    /// <summary>Known numbers, such as a basis.</summary>
    /// <param name="values">Row-major, as many as the weight has.</param>
    public static WeightStart Given(IReadOnlyList<float> values) => new(Kind.Given, values);

    /// <summary>Draws the numbers of one weight.</summary>
    /// <param name="extents">The weight's shape.</param>
    /// <param name="random">Seeded by the caller; read in order, so the same seed gives the same weights.</param>
    /// <returns>Row-major.</returns>
    public float[] Draw(IReadOnlyList<int> extents, Random random)
    {
        float[] values = new float[extents.Aggregate(1, (product, n) => product * n)];
        double deviation = _kind == Kind.FanIn ? Math.Sqrt(2.0 / Fan(extents)) : _deviation;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _kind switch
            {
                Kind.Zeros => 0,
                Kind.Ones => 1,
                Kind.Given => _given[i],
                _ => (float)(deviation * StandardNormal(random)),
            };
        }

        return values;
    }

    private static int Fan(IReadOnlyList<int> extents) =>
        extents.Count <= 2 ? extents.FirstOrDefault(1) : extents.Skip(1).Aggregate(1, (product, n) => product * n);

    // Box and Muller (1958); 1 − u keeps the logarithm away from 0.
    private static double StandardNormal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
