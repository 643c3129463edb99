// A long text of a form is sent as a file: fields of text have a limit that files do not have.
const MOST = 500_000;

export default (form) => {
  form.addEventListener("formdata", (event) => {
    for (const area of form.querySelectorAll("textarea[name]")) {
      if (area.value.length > MOST) {
        event.formData.set(area.name, new File([area.value], `${area.name}.txt`, { type: "text/plain" }));
      }
    }
  });
};
