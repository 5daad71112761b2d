using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>Truth and estimates of pairs as colour-wheel PNGs in one folder, each pair to the scale of its truth.</summary>
/// <param name="folder">Made when the first picture is drawn.</param>
public sealed class FlowPictures(DirectoryInfo folder)
{
    /// <summary>Draws one field.</summary>
    /// <param name="pair">The pair's name; what separates folders becomes a hyphen.</param>
    /// <param name="name">Whose field it is.</param>
    /// <param name="flow">The field.</param>
    /// <param name="truth">Gives the scale.</param>
    public void Draw(string pair, string name, FlowField flow, FlowField truth)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(name);
        folder.Create();
        string file = $"{pair.Replace('/', '-')}-{name.Replace(' ', '-')}.png";
        File.WriteAllBytes(Path.Combine(folder.FullName, file), FlowColours.Png(flow, FlowColours.Scale(truth)));
    }
}
