namespace Deq.Runtime.FixedPoints;

/// <summary>The iterate z and the newest pairs (f(z_k), g_k = f(z_k) − z_k) of every row of a running batch.</summary>
/// <remarks>
/// All rows share the ring of slots; a row that joined late, or started over, simply has a smaller age. Slots are named by how many
/// evaluations ago they were filled, so a row's arithmetic does not depend on when its neighbours joined.
/// </remarks>
public sealed class IterationHistory
{
    private readonly IStateSpace _space;
    private readonly int[] _mapped;
    private readonly int _firstDifference;
    private readonly DifferenceUse _use;
    private readonly int[] _ages;
    private readonly double[] _magnitudes;
    private readonly double[] _squares;
    private double[] _products;
    private int _width = 1;
    private long _steps;

    internal IterationHistory(IStateSpace space, int depth, DifferenceUse use)
    {
        (_space, Depth, _use) = (space, depth, use);
        Iterate = space.Allocate(1);
        int ring = Math.Max(2, depth);
        int first = space.Allocate(ring);
        _mapped = [.. Enumerable.Range(first, ring)];
        _firstDifference = space.Allocate(use == DifferenceUse.None ? 1 : ring);
        Scratch = use == DifferenceUse.None ? _firstDifference : space.Allocate(1);
        _ages = new int[space.Capacity];
        _magnitudes = new double[space.Capacity];
        _squares = new double[space.Capacity];
        _products = new double[space.Capacity];
    }

    /// <summary>How many pairs are kept.</summary>
    public int Depth { get; }

    /// <summary>The slot of z.</summary>
    public int Iterate { get; private set; }

    /// <summary>A slot for intermediate results, overwritten by every evaluation where the method needs no differences.</summary>
    internal int Scratch { get; }

    internal bool HasPairs => _steps > 0;

    internal int NextMapped => _mapped[(int)(_steps % _mapped.Length)];

    /// <summary>The ring position filled <paramref name="ago"/> evaluations before the newest.</summary>
    public int Position(int ago) => (int)((_steps - 1 - ago) % _mapped.Length);

    /// <summary>The slot of f(z_k), <paramref name="ago"/> evaluations before the newest.</summary>
    public int Mapped(int ago) => _mapped[Position(ago)];

    /// <summary>The slot of g_k = f(z_k) − z_k, <paramref name="ago"/> evaluations before the newest, for methods that need its numbers or products.</summary>
    public int Difference(int ago) => _firstDifference + (_use == DifferenceUse.None ? 0 : Position(ago));

    /// <summary>How many of the newest pairs belong to the row's present run, 0 to <see cref="Depth"/>.</summary>
    public int Age(int row) => _ages[row];

    /// <summary>‖g_k‖² of the newest pair of a row, exact.</summary>
    public double DifferenceSquared(int row) => _squares[row];

    /// <summary>⟨g_k, g_k⟩ of the newest pair of a row, over the same numbers as <see cref="Product"/>: with <see cref="DifferenceUse.Products"/> an estimate.</summary>
    public double OwnProduct(int row) => _products[row * _width];

    /// <summary>⟨g_k, b_i⟩ of the newest pair of a row with the i-th of the rule's <see cref="IUpdateRule.ProductSlots"/>.</summary>
    public double Product(int row, int i) => _products[(row * _width) + 1 + i];

    /// <summary>Allocates the products with a rule's slots; called once, as the rule begins.</summary>
    /// <param name="slots">The most that it will name.</param>
    public void ReserveProducts(int slots) => _products = new double[_space.Capacity * (1 + slots)];

    /// <summary>
    /// Makes the newest f(z_k) the iterate by exchanging the numbers of two slots, so nothing is copied but the z of rows of age 0.
    /// From here to the next evaluation <see cref="Mapped"/> of 0 names the z_k before.
    /// </summary>
    /// <param name="rows">How many rows take part.</param>
    public void TakeMapped(int rows)
    {
        int before = Iterate;
        (Iterate, _mapped[Position(0)]) = (_mapped[Position(0)], before);
        for (int row = 0; row < rows; row++)
        {
            if (_ages[row] == 0)
            {
                _space.CopyRow(before, Iterate, row);
            }
        }
    }

    internal void Advance(int rows)
    {
        _steps++;
        for (int row = 0; row < rows; row++)
        {
            _ages[row] = Math.Min(_ages[row] + 1, Depth);
        }
    }

    /// <summary>Measures the newest pair.</summary>
    internal void Measure(ReadOnlySpan<int> slots, int rows)
    {
        _width = 1 + slots.Length;
        if (_use == DifferenceUse.Products)
        {
            _space.MeasureSampled(Iterate, Mapped(0), Difference(0), slots, _products, _squares, _magnitudes, rows);
        }
        else
        {
            _space.MeasureExactly(Iterate, Mapped(0), Difference(0), _use == DifferenceUse.Numbers, slots, _products, _squares, _magnitudes, rows);
        }
    }

    /// <summary>‖f(z_k)‖² of the newest pair per row, until rows move.</summary>
    internal ReadOnlySpan<double> MappedSquares => _magnitudes;

    /// <summary>‖g_k‖² of the newest pair per row.</summary>
    internal ReadOnlySpan<double> DifferenceSquares => _squares;

    internal void Forget(int row) => _ages[row] = 0;

    internal void KeepNewest(int row) => _ages[row] = Math.Min(_ages[row], 1);

    internal void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            (_ages[move.To], _squares[move.To]) = (_ages[move.From], _squares[move.From]);
            _products.AsSpan(move.From * _width, _width).CopyTo(_products.AsSpan(move.To * _width, _width));
        }
    }
}
