namespace Deq.Runtime.FixedPoints;

/// <summary>Where the iterates of a batch live: numbered slots, each a matrix <c>[Rows, D]</c> of row vectors.</summary>
/// <remarks>
/// Methods and the loop touch states only through <see cref="InnerProducts"/> and <see cref="Combine"/>, and through operations that
/// are made of these two, so a state never leaves its device during a solve: per row, only the inner products cross. A space may do
/// such an operation in fewer passes over its memory. Not thread-safe.
/// </remarks>
public interface IStateSpace
{
    private const int MostOnStack = 256;

    /// <summary>The most rows the slots hold.</summary>
    int Capacity { get; }

    /// <summary>Adds <paramref name="count"/> zeroed slots at the end; called before a solve, never during one.</summary>
    /// <returns>The number of the first new slot.</returns>
    int Allocate(int count);

    /// <summary>⟨a, b_i⟩ per row, accumulated in double.</summary>
    /// <param name="a">A slot.</param>
    /// <param name="others">The slots b_i; <paramref name="a"/> may be among them.</param>
    /// <param name="products">Receives <c>[rows, others.Length]</c>.</param>
    /// <param name="rows">How many rows take part.</param>
    void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows);

    /// <summary>target ← Σ_i w_i·v_i per row. A vector with weight 0 is not read, so it may hold NaN.</summary>
    /// <param name="vectors">The slots v_i.</param>
    /// <param name="weights"><c>[rows, vectors.Length]</c>.</param>
    /// <param name="target">The slot that receives the sum; it may be one of <paramref name="vectors"/>.</param>
    /// <param name="rows">How many rows take part.</param>
    void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows);

    /// <summary>difference ← fz − z per row, with ‖fz‖², ‖difference‖² and ⟨difference, b_i⟩: all that an evaluation is judged by.</summary>
    /// <param name="z">The slot of the states.</param>
    /// <param name="fz">The slot of what they were mapped to.</param>
    /// <param name="difference">The slot that receives the difference; neither of the two, nor among <paramref name="others"/>.</param>
    /// <param name="keep">Whether the difference is needed afterwards; otherwise its slot may hold anything.</param>
    /// <param name="others">The slots b_i.</param>
    /// <param name="products">Receives <c>[rows, 1 + others.Length]</c>: ‖difference‖², then ⟨difference, b_i⟩.</param>
    /// <param name="magnitudes">Receives ‖fz‖², <c>[rows]</c>.</param>
    /// <param name="rows">How many rows take part.</param>
    void Measure(
        int z,
        int fz,
        int difference,
        bool keep,
        ReadOnlySpan<int> others,
        Span<double> products,
        Span<double> magnitudes,
        int rows)
    {
        Span<double> weights = rows <= MostOnStack ? stackalloc double[2 * rows] : new double[2 * rows];
        for (int row = 0; row < rows; row++)
        {
            (weights[2 * row], weights[(2 * row) + 1]) = (1, -1);
        }

        Span<int> vectors = stackalloc int[1 + others.Length];
        vectors[0] = difference;
        others.CopyTo(vectors[1..]);
        Combine([fz, z], weights, difference, rows);
        InnerProducts(difference, vectors, products, rows);
        InnerProducts(fz, [fz], magnitudes, rows);
    }

    /// <summary>
    /// As <see cref="Measure"/>, but inner products may be estimates: over some numbers of each row, the same at every call, for products
    /// with slots that were themselves filled by this operation. Norms are exact. Without a space's own way to sample, so are the products.
    /// </summary>
    /// <param name="z">The slot of the states.</param>
    /// <param name="fz">The slot of what they were mapped to.</param>
    /// <param name="difference">The slot that is afterwards one of <paramref name="others"/> for later calls and good for nothing else.</param>
    /// <param name="others">Slots b_i that were the <paramref name="difference"/> of earlier calls.</param>
    /// <param name="products">Receives <c>[rows, 1 + others.Length]</c>: estimates of ⟨difference, difference⟩ and ⟨difference, b_i⟩.</param>
    /// <param name="squares">Receives ‖difference‖², <c>[rows]</c>.</param>
    /// <param name="magnitudes">Receives ‖fz‖², <c>[rows]</c>.</param>
    /// <param name="rows">How many rows take part.</param>
    void MeasureSampled(
        int z,
        int fz,
        int difference,
        ReadOnlySpan<int> others,
        Span<double> products,
        Span<double> squares,
        Span<double> magnitudes,
        int rows)
    {
        this.MeasureExactly(z, fz, difference, keep: true, others, products, squares, magnitudes, rows);
    }

    /// <summary>step ← Σ_i w_i·v_i and z ← z + step per row, with ⟨step, b_i⟩.</summary>
    /// <param name="vectors">The slots v_i. A vector with weight 0 is not read.</param>
    /// <param name="weights"><c>[rows, vectors.Length]</c>; all 0 leaves a row of z as it is.</param>
    /// <param name="step">The slot that receives the step.</param>
    /// <param name="z">The slot that is moved by it; not among <paramref name="vectors"/> and <paramref name="others"/>.</param>
    /// <param name="others">The slots b_i, at least one; <paramref name="step"/> may be among them.</param>
    /// <param name="products">Receives <c>[rows, others.Length]</c>.</param>
    /// <param name="rows">How many rows take part.</param>
    void Step(
        ReadOnlySpan<int> vectors,
        ReadOnlySpan<double> weights,
        int step,
        int z,
        ReadOnlySpan<int> others,
        Span<double> products,
        int rows)
    {
        Span<double> ones = rows <= MostOnStack ? stackalloc double[2 * rows] : new double[2 * rows];
        ones.Fill(1);
        Combine(vectors, weights, step, rows);
        Combine([z, step], ones, z, rows);
        InnerProducts(step, others, products, rows);
    }

    /// <summary>Copies one row of one slot into the same row of another.</summary>
    void CopyRow(int from, int to, int row);

    /// <summary>Copies rows to other places, in every slot.</summary>
    /// <param name="moves">Sources and targets never overlap.</param>
    void Move(ReadOnlySpan<RowMove> moves);
}
