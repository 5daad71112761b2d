using System.Globalization;

namespace Deq.Runtime.Models;

/// <summary>One extent of a tensor as manifests and graphs write it: a number, or a multiple of H or W such as <c>16*H</c>.</summary>
/// <param name="Factor">The number, or the factor before the name.</param>
/// <param name="Name"><c>H</c> or <c>W</c>; null when the extent is a number.</param>
internal readonly record struct Extent(int Factor, string? Name)
{
    public const string Height = "H";
    public const string Width = "W";

    /// <summary>Reads an extent; null when the text is none, or not in its shortest form.</summary>
    public static Extent? Parse(string text)
    {
        string[] factors = text.Split('*');
        string? name = factors[^1] is Height or Width ? factors[^1] : null;
        string number = name is null ? text : factors.Length == 1 ? "1" : text[..^2];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int factor) && factor >= 1
            && new Extent(factor, name) is var extent && extent.ToString() == text
            ? extent
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name is null ? $"{Factor}" : Factor == 1 ? Name : $"{Factor}*{Name}";
}

/// <summary>What H and W are: 0 of a model of fixed size.</summary>
internal readonly record struct ExtentScale(int H, int W)
{
    /// <summary>An extent in numbers.</summary>
    /// <exception cref="FormatException">The text is no extent.</exception>
    public long Of(string text) => Extent.Parse(text) switch
    {
        { Name: null } number => number.Factor,
        { Name: Extent.Height } height => (long)height.Factor * H,
        { } width => (long)width.Factor * W,
        null => throw new FormatException($"'{text}' is no extent."),
    };
}
