namespace Deq.Export.Graphs;

/// <summary>One extent of a tensor: a known number such as 24, a named one such as B, or a multiple such as 2*H.</summary>
/// <remarks>Equal when coefficient and name are equal; so a volume of named extents can be compared without knowing them.</remarks>
internal readonly record struct Dim
{
    private Dim(int coefficient, string? name)
    {
        Coefficient = coefficient;
        Name = name;
    }

    /// <summary>The number itself when known, otherwise the factor before the name. At least 0.</summary>
    public int Coefficient { get; }

    /// <summary>What varies, such as <c>B</c> or <c>H*W</c>; null when the extent is known.</summary>
    public string? Name { get; }

    /// <summary>The extent when it is known, otherwise null.</summary>
    public int? Known => Name is null ? Coefficient : null;

    /// <summary>A known extent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public static implicit operator Dim(int known)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(known);
        return new Dim(known, null);
    }

    /// <summary>An extent that is known only when the graph runs.</summary>
    /// <exception cref="ArgumentException">Empty.</exception>
    public static implicit operator Dim(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new Dim(1, name);
    }

    /// <summary>The product; names are sorted so that equal products are equal.</summary>
    public static Dim operator *(Dim a, Dim b)
    {
        IEnumerable<string> names = Factors(a).Concat(Factors(b)).Order(StringComparer.Ordinal);
        string name = string.Join('*', names);
        return new Dim(checked(a.Coefficient * b.Coefficient), name.Length == 0 ? null : name);
    }

    /// <summary>The sum; a new name when the two have different ones.</summary>
    public static Dim operator +(Dim a, Dim b) =>
        a.Name == b.Name ? new Dim(checked(a.Coefficient + b.Coefficient), a.Name) : Opaque($"({a}+{b})");

    /// <summary>The quotient by a number that divides the coefficient.</summary>
    /// <exception cref="ArgumentException">It does not divide it.</exception>
    public static Dim operator /(Dim a, int divisor) => divisor > 0 && a.Coefficient % divisor == 0
        ? new Dim(a.Coefficient / divisor, a.Name)
        : throw new ArgumentException($"{a} is not divisible by {divisor}.", nameof(divisor));

    /// <summary>How often a window fits: ⌊(n + 2·padding − kernel)/stride⌋ + 1; 0 when it does not fit at all.</summary>
    internal Dim Windows(int kernel, int stride, int padding)
    {
        int margin = (2 * padding) - kernel;
        if (Name is null)
        {
            return Coefficient + margin < 0 ? 0 : ((Coefficient + margin) / stride) + 1;
        }

        // With n = stride·m the count is m + ⌊margin/stride⌋ + 1, which is m whenever the margin lies in [−stride, 0).
        bool keepsTheName = Coefficient % stride == 0 && margin < 0 && margin >= -stride;
        return keepsTheName ? new Dim(Coefficient / stride, Name) : Opaque($"windows({this},{kernel},{stride},{padding})");
    }

    /// <summary>stride·n + rest: the extent that a transposed window operation covers.</summary>
    internal Dim Spread(int stride, int rest) => Name is null
        ? Math.Max(0, (Coefficient * stride) + rest)
        : rest == 0 ? new Dim(Coefficient * stride, Name) : Opaque($"({stride}*{this}{rest:+0;-0})");

    /// <inheritdoc/>
    public override string ToString() => Name is null ? $"{Coefficient}" : Coefficient == 1 ? Name : $"{Coefficient}*{Name}";

    /// <summary>One name for an extent that is no product: the sign that separates factors does not occur in it.</summary>
    private static Dim Opaque(string name) => name.Replace('*', '·');

    private static string[] Factors(Dim dim) => dim.Name?.Split('*') ?? [];
}
