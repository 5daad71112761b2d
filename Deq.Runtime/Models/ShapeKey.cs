namespace Deq.Runtime.Models;

/// <summary>The height and width of an input. Rows of different shapes never share a batch.</summary>
/// <param name="Height">In pixels; 0 is the model's fixed height.</param>
/// <param name="Width">In pixels; 0 is the model's fixed width.</param>
public readonly record struct ShapeKey(int Height, int Width);
