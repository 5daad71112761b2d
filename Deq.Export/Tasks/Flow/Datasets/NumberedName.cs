using System.Globalization;
using System.Text.RegularExpressions;

namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>The name of a frame's file: its last number counts the frames of a clip.</summary>
/// <param name="Key">The name with all numbers written equally long, to be sorted by.</param>
/// <param name="Start">What stands before the last number.</param>
/// <param name="Number">The last number; null where there is none.</param>
internal sealed partial record NumberedName(string Key, string Start, long? Number)
{
    private const int MostDigits = 18;

    /// <summary>Of a file.</summary>
    public static NumberedName Of(string path)
    {
        string name = Path.GetFileName(path), stem = Path.GetFileNameWithoutExtension(path);
        string key = Digits().Replace(name, number => number.Value.TrimStart('0').PadLeft(MostDigits, '0')) + "\n" + name;
        return Digits().Matches(stem) is [.., { Length: <= MostDigits } last]
            ? new NumberedName(key, stem[..last.Index], long.Parse(last.Value, CultureInfo.InvariantCulture))
            : new NumberedName(key, stem, Number: null);
    }

    [GeneratedRegex("[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
