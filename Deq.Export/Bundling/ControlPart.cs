using System.Text;
using Deq.Export.Evaluation;
using Deq.Export.Training;

namespace Deq.Export.Bundling;

/// <summary>What a bundle says of a control: a section of its card, and the recipe and log that the section was made of.</summary>
/// <param name="Card">Markdown, heading included.</param>
/// <param name="Recipe">The control's recipe, as it was written.</param>
/// <param name="Log">The control's log.</param>
internal sealed record ControlPart(string Card, string Recipe, TrainingLog Log)
{
    /// <summary>A page with the control beside what it says.</summary>
    public EvaluationPage On(EvaluationPage page) => page with
    {
        Card = $"{page.Card.TrimEnd()}\n\n{Card}",
        Files = new Dictionary<string, byte[]>(page.Files)
        {
            [BundleFileNames.ControlRecipe] = Encoding.UTF8.GetBytes(Recipe),
            [BundleFileNames.ControlLog] = Encoding.UTF8.GetBytes(Log.Text),
        },
    };
}
