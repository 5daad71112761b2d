namespace Deq.Runtime.Models;

/// <summary>A part of f that is computed beside the cell's graph, in host memory: f(z, x) += g(z, x), one row at a time.</summary>
/// <remarks>Called after every evaluation of the cell, by one thread per lane; it must not allocate once it has warmed up.</remarks>
/// <param name="z">The state, <c>[D]</c>.</param>
/// <param name="x">The row's injection x, <c>[Dx]</c>.</param>
/// <param name="mapped">f(z, x) of the graph, <c>[D]</c>; added to in place.</param>
public delegate void AddedTerm(ReadOnlySpan<float> z, ReadOnlySpan<float> x, Span<float> mapped);
