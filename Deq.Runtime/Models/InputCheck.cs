namespace Deq.Runtime.Models;

/// <summary>Looks at one input of the encoder, beyond its shape.</summary>
/// <param name="input"><c>[InputLength]</c>.</param>
/// <returns>Why it cannot be solved, as a sentence; null where it can.</returns>
public delegate string? InputCheck(ReadOnlySpan<float> input);
