namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>A grid of tokens by number, row by row; a sequence is a grid of height 1. Immutable.</summary>
public sealed class TokenGrid : IEquatable<TokenGrid>
{
    private readonly int[] _tokens;

    /// <summary>Makes a grid.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="tokens">Row-major, height·width numbers of at least 0; copied.</param>
    /// <exception cref="ArgumentException">Another count of tokens, or a negative one.</exception>
    public TokenGrid(int height, int width, ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (tokens.Length != (long)height * width)
        {
            throw new ArgumentException($"A grid of {height} x {width} has {(long)height * width} tokens; {tokens.Length} were given.", nameof(tokens));
        }

        if (tokens.ContainsAnyInRange(int.MinValue, -1))
        {
            throw new ArgumentException("Tokens are numbers of at least 0.", nameof(tokens));
        }

        (Height, Width, _tokens) = (height, width, tokens.ToArray());
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>How many places there are.</summary>
    public int Count => _tokens.Length;

    /// <summary>The tokens, row-major.</summary>
    public ReadOnlySpan<int> Tokens => _tokens;

    /// <summary>The token at a place.</summary>
    /// <param name="row">In [0, <see cref="Height"/>).</param>
    /// <param name="column">In [0, <see cref="Width"/>).</param>
    public int this[int row, int column] => _tokens[(row * Width) + column];

    /// <summary>A sequence.</summary>
    /// <param name="tokens">At least one.</param>
    public static TokenGrid Sequence(ReadOnlySpan<int> tokens) => new(1, tokens.Length, tokens);

    /// <inheritdoc/>
    public bool Equals(TokenGrid? other) =>
        other is not null && (Height, Width) == (other.Height, other.Width) && Tokens.SequenceEqual(other.Tokens);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TokenGrid);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Width);
        foreach (int token in _tokens)
        {
            hash.Add(token);
        }

        return hash.ToHashCode();
    }
}
