namespace Deq.Export.Recipes;

/// <summary>A recipe that cannot be followed, with everything that is wrong with it, one line each.</summary>
internal sealed class RecipeException : Exception
{
    /// <summary>A recipe that cannot be followed.</summary>
    /// <param name="path">The recipe's file.</param>
    /// <param name="faults">At least one; each starts with the place in the file, such as <c>architecture.channels[1]</c>.</param>
    public RecipeException(string path, IReadOnlyList<string> faults)
        : base($"{path} cannot be followed:{string.Concat(faults.Select(fault => Environment.NewLine + "  " + fault))}")
    {
        Path = path;
        Faults = faults;
    }

    /// <summary>The recipe's file.</summary>
    public string Path { get; }

    /// <summary>Everything that is wrong: first single values in the order of docs/recipes.md, then contradictions.</summary>
    public IReadOnlyList<string> Faults { get; }
}
