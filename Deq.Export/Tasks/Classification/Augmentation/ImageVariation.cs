namespace Deq.Export.Tasks.Classification.Augmentation;

/// <summary>What is done to one image in one epoch: mirrored first, then shifted, then a rectangle blanked.</summary>
internal readonly record struct ImageVariation
{
    /// <summary>Whether left and right change places.</summary>
    public required bool IsMirrored { get; init; }

    /// <summary>Pixels it is moved to the right; negative to the left.</summary>
    public required int Right { get; init; }

    /// <summary>Pixels it is moved down; negative up.</summary>
    public required int Down { get; init; }

    /// <summary>First column of the rectangle.</summary>
    public int EraseLeft { get; init; }

    /// <summary>First row of the rectangle.</summary>
    public int EraseTop { get; init; }

    /// <summary>Columns of the rectangle.</summary>
    public int EraseWidth { get; init; }

    /// <summary>Rows of the rectangle; 0 for none.</summary>
    public int EraseHeight { get; init; }

    /// <summary>Whether the rectangle covers part of this row.</summary>
    public bool Erases(int row) => row >= EraseTop && row < EraseTop + EraseHeight;
}
