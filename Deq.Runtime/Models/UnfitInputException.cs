namespace Deq.Runtime.Models;

/// <summary>A model cannot be run on the numbers of one input, such as an index beyond a table. Others are not concerned.</summary>
/// <param name="message">What the task or the graph says of them.</param>
/// <param name="fault">What the graph's run threw; null where it was not run.</param>
public sealed class UnfitInputException(string message, Exception? fault) : Exception(message, fault);
