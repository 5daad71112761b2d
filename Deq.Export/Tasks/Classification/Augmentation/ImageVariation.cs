namespace Deq.Export.Tasks.Classification.Augmentation;

/// <summary>What is done to one image in one epoch: mirrored first, then shifted, then a rectangle blanked.</summary>
/// <param name="IsMirrored">Left and right change places.</param>
/// <param name="Right">Pixels it is moved to the right; negative to the left.</param>
/// <param name="Down">Pixels it is moved down; negative up.</param>
/// <param name="EraseLeft">First column of the rectangle.</param>
/// <param name="EraseTop">First row of the rectangle.</param>
/// <param name="EraseWidth">Columns of the rectangle.</param>
/// <param name="EraseHeight">Rows of the rectangle; 0 for none.</param>
public readonly record struct ImageVariation(bool IsMirrored, int Right, int Down, int EraseLeft, int EraseTop, int EraseWidth, int EraseHeight)
{
    /// <summary>Whether the rectangle covers part of this row.</summary>
    public bool Erases(int row) => row >= EraseTop && row < EraseTop + EraseHeight;
}
